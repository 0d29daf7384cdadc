SELECT full_name FROM keeper	aquarium
SELECT count(*) FROM tank	aquarium
SELECT nickname FROM creature WHERE species = 'angelfish'	aquarium
SELECT full_name FROM keeper WHERE age < 35	aquarium
SELECT count(*) FROM creature WHERE species = 'lobster'	aquarium
SELECT count(*) FROM keeper WHERE age > 45	aquarium
SELECT avg(volume) FROM tank	aquarium
SELECT max(weight) FROM creature	aquarium
SELECT full_name, age FROM keeper	aquarium
SELECT nickname, diet, weight FROM creature	aquarium
SELECT nickname, weight FROM creature WHERE diet = 'plankton'	aquarium
SELECT full_name FROM keeper ORDER BY age DESC LIMIT 1	aquarium
SELECT diet FROM creature ORDER BY weight ASC LIMIT 1	aquarium
SELECT full_name FROM keeper ORDER BY age ASC LIMIT 3	aquarium
SELECT shift, count(*) FROM keeper GROUP BY shift	aquarium
SELECT shift, avg(age) FROM keeper GROUP BY shift	aquarium
SELECT diet, min(weight) FROM creature GROUP BY diet	aquarium
SELECT full_name FROM keeper WHERE shift = 'night' AND age > 30	aquarium
SELECT count(*) FROM tank WHERE water = 'freshwater' AND volume > 900	aquarium
SELECT nickname FROM creature WHERE diet = 'squid' OR diet = 'mussels'	aquarium
SELECT name FROM tank WHERE volume > (SELECT avg(volume) FROM tank)	aquarium
SELECT count(*) FROM creature WHERE weight < (SELECT avg(weight) FROM creature)	aquarium
SELECT name FROM tank WHERE tank_id NOT IN (SELECT tank_id FROM keeper)	aquarium
SELECT name FROM tank WHERE tank_id NOT IN (SELECT tank_id FROM keeper WHERE shift = 'morning')	aquarium
SELECT name FROM tank EXCEPT SELECT T1.name FROM tank AS T1 JOIN creature AS T2 ON T1.tank_id = T2.tank_id WHERE T2.weight >= 1500	aquarium
SELECT full_name FROM keeper WHERE shift = 'evening' UNION SELECT full_name FROM keeper WHERE age < 35	aquarium
SELECT count(*) FROM tank WHERE tank_id NOT IN (SELECT tank_id FROM creature)	aquarium
SELECT T1.name FROM tank AS T1 JOIN creature AS T2 ON T1.tank_id = T2.tank_id GROUP BY T1.tank_id ORDER BY count(*) DESC LIMIT 1	aquarium
SELECT T1.name, count(*) FROM tank AS T1 JOIN keeper AS T2 ON T1.tank_id = T2.tank_id GROUP BY T1.tank_id ORDER BY count(*) DESC LIMIT 1	aquarium
SELECT T1.full_name FROM keeper AS T1 JOIN tank AS T2 ON T1.tank_id = T2.tank_id WHERE T2.name = 'Kelp Forest' ORDER BY T1.age ASC LIMIT 1	aquarium
SELECT T1.nickname FROM creature AS T1 JOIN tank AS T2 ON T1.tank_id = T2.tank_id WHERE T2.water = 'freshwater' ORDER BY T1.weight ASC LIMIT 1	aquarium
SELECT sum(quantity) FROM purchase	bakery
SELECT DISTINCT category FROM product	bakery
SELECT count(DISTINCT specialty) FROM baker	bakery
SELECT name FROM product ORDER BY price ASC	bakery
SELECT name FROM baker ORDER BY name ASC	bakery
SELECT hired FROM baker WHERE name = 'Pierre Blanc'	bakery
SELECT specialty FROM baker WHERE name = 'Noel Fontaine'	bakery
SELECT name FROM baker WHERE hired BETWEEN 2010 AND 2020	bakery
SELECT name FROM product WHERE name LIKE '%roll%'	bakery
SELECT name FROM product WHERE name LIKE 'P%'	bakery
SELECT min(quantity), max(quantity) FROM purchase	bakery
SELECT count(*), avg(weight) FROM product WHERE category = 'bread'	bakery
SELECT specialty, count(*) FROM baker GROUP BY specialty HAVING count(*) > 2	bakery
SELECT T1.name FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id WHERE T2.name = 'Rita Moreno'	bakery
SELECT count(*) FROM purchase AS T1 JOIN product AS T2 ON T1.product_id = T2.product_id WHERE T2.name = 'baguette'	bakery
SELECT T1.name FROM baker AS T1 JOIN product AS T2 ON T1.baker_id = T2.baker_id WHERE T2.name = 'honey cake'	bakery
SELECT T1.name FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id WHERE T2.specialty = 'pastry'	bakery
SELECT T1.name FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id WHERE T2.hired > 2010	bakery
SELECT count(*) FROM purchase AS T1 JOIN product AS T2 ON T1.product_id = T2.product_id WHERE T2.category = 'bread'	bakery
SELECT T1.name, T2.name FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id	bakery
SELECT category FROM product WHERE weight > 750 INTERSECT SELECT category FROM product WHERE weight < 350	bakery
SELECT category FROM product EXCEPT SELECT category FROM product WHERE price >= 8	bakery
SELECT customer FROM purchase GROUP BY customer ORDER BY count(*) DESC LIMIT 1	bakery
SELECT category FROM product GROUP BY category ORDER BY avg(weight) DESC LIMIT 1	bakery
SELECT name FROM baker WHERE specialty = 'cakes' ORDER BY hired ASC LIMIT 1	bakery
SELECT T1.name FROM product AS T1 JOIN purchase AS T2 ON T1.product_id = T2.product_id ORDER BY T2.quantity ASC LIMIT 1	bakery
SELECT T1.name FROM product AS T1 JOIN purchase AS T2 ON T1.product_id = T2.product_id WHERE T2.customer = 'Cafe Luna' INTERSECT SELECT T1.name FROM product AS T1 JOIN purchase AS T2 ON T1.product_id = T2.product_id WHERE T2.customer = 'Town School'	bakery
SELECT name FROM product WHERE category = 'bread' AND weight < (SELECT avg(weight) FROM product)	bakery
SELECT T1.name FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id WHERE T2.name = 'Marta Silva' AND T1.weight < (SELECT avg(weight) FROM product)	bakery
SELECT T1.name FROM baker AS T1 JOIN product AS T2 ON T1.baker_id = T2.baker_id GROUP BY T1.baker_id ORDER BY avg(T2.price) DESC LIMIT 1	bakery
SELECT count(*) FROM product WHERE product_id NOT IN (SELECT product_id FROM purchase)	bakery
SELECT district FROM depot GROUP BY district HAVING count(*) > 2	bike_rental
SELECT depot_name FROM depot	bike_rental
SELECT count(*) FROM bicycle	bike_rental
SELECT depot_name FROM depot WHERE district = 'Riverside'	bike_rental
SELECT depot_name FROM depot WHERE docks >= 50	bike_rental
SELECT count(*) FROM rental WHERE month = 'June'	bike_rental
SELECT count(*) FROM rental WHERE minutes < 95	bike_rental
SELECT avg(minutes) FROM rental	bike_rental
SELECT T1.model, count(*) FROM bicycle AS T1 JOIN rental AS T2 ON T1.bicycle_id = T2.bicycle_id GROUP BY T1.bicycle_id	bike_rental
SELECT T1.depot_name FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id GROUP BY T1.depot_id HAVING count(*) = 1	bike_rental
SELECT T1.depot_name, avg(T2.price) FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id GROUP BY T1.depot_id	bike_rental
SELECT avg(T1.price) FROM bicycle AS T1 JOIN depot AS T2 ON T1.depot_id = T2.depot_id WHERE T2.depot_name = 'Old Mill'	bike_rental
SELECT DISTINCT T1.model FROM bicycle AS T1 JOIN rental AS T2 ON T1.bicycle_id = T2.bicycle_id WHERE T2.month = 'May'	bike_rental
SELECT depot_name, docks FROM depot	bike_rental
SELECT depot_name, district, opened FROM depot	bike_rental
SELECT depot_name, docks FROM depot WHERE district = 'Center'	bike_rental
SELECT depot_name FROM depot ORDER BY docks ASC LIMIT 1	bike_rental
SELECT customer FROM rental ORDER BY minutes DESC LIMIT 1	bike_rental
SELECT model FROM bicycle ORDER BY price ASC LIMIT 3	bike_rental
SELECT district, count(*) FROM depot GROUP BY district	bike_rental
SELECT T1.depot_name FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id WHERE T2.style = 'city' GROUP BY T1.depot_id HAVING count(*) >= 2	bike_rental
SELECT count(*) FROM rental AS T1 JOIN bicycle AS T2 ON T1.bicycle_id = T2.bicycle_id JOIN depot AS T3 ON T2.depot_id = T3.depot_id WHERE T3.depot_name = 'Stadium'	bike_rental
SELECT depot_name FROM depot WHERE docks > (SELECT avg(docks) FROM depot)	bike_rental
SELECT count(*) FROM bicycle WHERE price < (SELECT avg(price) FROM bicycle)	bike_rental
SELECT model FROM bicycle WHERE bicycle_id NOT IN (SELECT bicycle_id FROM rental)	bike_rental
SELECT depot_name FROM depot WHERE depot_id NOT IN (SELECT depot_id FROM bicycle WHERE color = 'green')	bike_rental
SELECT T1.depot_name FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id GROUP BY T1.depot_id ORDER BY count(*) DESC LIMIT 1	bike_rental
SELECT T1.depot_name, count(*) FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id GROUP BY T1.depot_id ORDER BY count(*) DESC LIMIT 1	bike_rental
SELECT T1.model FROM bicycle AS T1 JOIN depot AS T2 ON T1.depot_id = T2.depot_id WHERE T2.depot_name = 'Old Mill' ORDER BY T1.price DESC LIMIT 1	bike_rental
SELECT T1.model FROM bicycle AS T1 JOIN depot AS T2 ON T1.depot_id = T2.depot_id WHERE T2.district = 'Riverside' ORDER BY T1.price ASC LIMIT 1	bike_rental
SELECT T1.model FROM bicycle AS T1 JOIN rental AS T2 ON T1.bicycle_id = T2.bicycle_id WHERE T2.month = 'August' INTERSECT SELECT T1.model FROM bicycle AS T1 JOIN rental AS T2 ON T1.bicycle_id = T2.bicycle_id WHERE T2.month = 'June'	bike_rental
SELECT max(founded) FROM choir	choir_festival
SELECT sum(singers) FROM choir	choir_festival
SELECT DISTINCT evening FROM performance	choir_festival
SELECT count(DISTINCT nationality) FROM conductor	choir_festival
SELECT name FROM conductor ORDER BY years_active DESC	choir_festival
SELECT name FROM conductor ORDER BY name ASC	choir_festival
SELECT years_active FROM conductor WHERE name = 'Pieter Claes'	choir_festival
SELECT nationality FROM conductor WHERE name = 'Els Maes'	choir_festival
SELECT nationality, avg(years_active) FROM conductor GROUP BY nationality	choir_festival
SELECT evening, max(points) FROM performance GROUP BY evening	choir_festival
SELECT title FROM choir WHERE hometown = 'Ghent' AND singers < 50	choir_festival
SELECT count(*) FROM conductor WHERE nationality = 'Norwegian' AND years_active < 20	choir_festival
SELECT title FROM choir WHERE hometown = 'Ghent' OR hometown = 'Cork'	choir_festival
SELECT title FROM choir WHERE title LIKE '%Larks%'	choir_festival
SELECT title FROM choir WHERE title LIKE 'S%'	choir_festival
SELECT min(years_active), max(years_active) FROM conductor	choir_festival
SELECT count(*), avg(years_active) FROM conductor WHERE nationality = 'Irish'	choir_festival
SELECT nationality, count(*) FROM conductor GROUP BY nationality HAVING count(*) = 1	choir_festival
SELECT T1.name FROM conductor AS T1 JOIN choir AS T2 ON T1.choir_id = T2.choir_id WHERE T2.title = 'Cantabile'	choir_festival
SELECT count(*) FROM conductor AS T1 JOIN choir AS T2 ON T1.choir_id = T2.choir_id WHERE T2.title = 'The Larks'	choir_festival
SELECT title FROM choir EXCEPT SELECT T1.title FROM choir AS T1 JOIN conductor AS T2 ON T1.choir_id = T2.choir_id WHERE T2.years_active > 14	choir_festival
SELECT nationality FROM conductor WHERE years_active > 17 INTERSECT SELECT nationality FROM conductor WHERE years_active < 6	choir_festival
SELECT name FROM conductor WHERE nationality = 'Belgian' UNION SELECT name FROM conductor WHERE years_active < 20	choir_festival
SELECT evening FROM performance EXCEPT SELECT evening FROM performance WHERE points > 90	choir_festival
SELECT hometown FROM choir GROUP BY hometown ORDER BY count(*) DESC LIMIT 1	choir_festival
SELECT nationality FROM conductor GROUP BY nationality ORDER BY avg(years_active) DESC LIMIT 1	choir_festival
SELECT name FROM conductor WHERE nationality = 'Belgian' AND years_active < (SELECT avg(years_active) FROM conductor)	choir_festival
SELECT T1.name FROM conductor AS T1 JOIN choir AS T2 ON T1.choir_id = T2.choir_id WHERE T2.title = 'Harbor Men' AND T1.years_active > (SELECT avg(years_active) FROM conductor)	choir_festival
SELECT T1.title FROM choir AS T1 JOIN performance AS T2 ON T1.choir_id = T2.choir_id GROUP BY T1.choir_id ORDER BY avg(T2.points) DESC LIMIT 1	choir_festival
SELECT count(*) FROM choir WHERE choir_id NOT IN (SELECT choir_id FROM conductor)	choir_festival
SELECT T1.title FROM choir AS T1 JOIN conductor AS T2 ON T1.choir_id = T2.choir_id GROUP BY T1.choir_id ORDER BY count(*) DESC LIMIT 1	choir_festival
SELECT hall_name FROM hall WHERE area BETWEEN 140 AND 320	city_museum
SELECT language FROM guide GROUP BY language HAVING count(*) > 1	city_museum
SELECT title FROM exhibit	city_museum
SELECT count(*) FROM guide	city_museum
SELECT hall_name FROM hall WHERE floor = 'first'	city_museum
SELECT name FROM guide WHERE tours < 17	city_museum
SELECT count(*) FROM hall WHERE floor = 'ground'	city_museum
SELECT count(*) FROM guide WHERE tours >= 17	city_museum
SELECT T1.hall_name FROM hall AS T1 JOIN exhibit AS T2 ON T1.hall_id = T2.hall_id WHERE T2.title = 'Crusader Sword'	city_museum
SELECT T1.name FROM guide AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.floor = 'second'	city_museum
SELECT T1.title FROM exhibit AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.area < 380	city_museum
SELECT count(*) FROM exhibit AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.floor = 'first'	city_museum
SELECT T1.name, T2.hall_name FROM guide AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id	city_museum
SELECT T1.hall_name, count(*) FROM hall AS T1 JOIN exhibit AS T2 ON T1.hall_id = T2.hall_id GROUP BY T1.hall_id	city_museum
SELECT T1.hall_name FROM hall AS T1 JOIN guide AS T2 ON T1.hall_id = T2.hall_id GROUP BY T1.hall_id HAVING count(*) > 1	city_museum
SELECT T1.hall_name, avg(T2.insured_value) FROM hall AS T1 JOIN exhibit AS T2 ON T1.hall_id = T2.hall_id GROUP BY T1.hall_id	city_museum
SELECT avg(T1.insured_value) FROM exhibit AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.hall_name = 'Armory'	city_museum
SELECT DISTINCT T1.hall_name FROM hall AS T1 JOIN exhibit AS T2 ON T1.hall_id = T2.hall_id WHERE T2.material = 'silver'	city_museum
SELECT name, tours FROM guide	city_museum
SELECT name, language, tours FROM guide	city_museum
SELECT title FROM exhibit WHERE origin = 'Germany' ORDER BY insured_value ASC LIMIT 1	city_museum
SELECT T1.hall_name FROM hall AS T1 JOIN exhibit AS T2 ON T1.hall_id = T2.hall_id ORDER BY T2.insured_value ASC LIMIT 1	city_museum
SELECT T1.hall_name FROM hall AS T1 JOIN exhibit AS T2 ON T1.hall_id = T2.hall_id WHERE T2.origin = 'Greece' GROUP BY T1.hall_id HAVING count(*) >= 2	city_museum
SELECT name FROM guide WHERE tours < (SELECT avg(tours) FROM guide)	city_museum
SELECT count(*) FROM exhibit WHERE insured_value < (SELECT avg(insured_value) FROM exhibit)	city_museum
SELECT hall_name FROM hall WHERE hall_id NOT IN (SELECT hall_id FROM exhibit)	city_museum
SELECT T1.hall_name, count(*) FROM hall AS T1 JOIN guide AS T2 ON T1.hall_id = T2.hall_id GROUP BY T1.hall_id ORDER BY count(*) DESC LIMIT 1	city_museum
SELECT T1.title FROM exhibit AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.hall_name = 'Glass Cabinet' ORDER BY T1.insured_value ASC LIMIT 1	city_museum
SELECT T1.name FROM guide AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.floor = 'first' ORDER BY T1.tours ASC LIMIT 1	city_museum
SELECT T1.hall_name FROM hall AS T1 JOIN guide AS T2 ON T1.hall_id = T2.hall_id WHERE T2.language = 'German' INTERSECT SELECT T1.hall_name FROM hall AS T1 JOIN guide AS T2 ON T1.hall_id = T2.hall_id WHERE T2.language = 'French'	city_museum
SELECT title FROM exhibit WHERE origin = 'Germany' AND insured_value < (SELECT avg(insured_value) FROM exhibit)	city_museum
SELECT avg(weight) FROM dog	dog_school
SELECT max(age) FROM owner	dog_school
SELECT DISTINCT street FROM owner	dog_school
SELECT count(DISTINCT trainer) FROM lesson	dog_school
SELECT name FROM dog ORDER BY weight ASC	dog_school
SELECT name FROM owner ORDER BY name ASC	dog_school
SELECT age FROM owner WHERE name = 'Gloria Hunt'	dog_school
SELECT street FROM owner WHERE name = 'Carol Diaz'	dog_school
SELECT name, weight FROM dog WHERE coat = 'black'	dog_school
SELECT name FROM owner ORDER BY age ASC LIMIT 1	dog_school
SELECT skill FROM lesson ORDER BY score ASC LIMIT 1	dog_school
SELECT name FROM owner ORDER BY age ASC LIMIT 3	dog_school
SELECT skill, count(*) FROM lesson GROUP BY skill	dog_school
SELECT coat, avg(weight) FROM dog GROUP BY coat	dog_school
SELECT coat, max(weight) FROM dog GROUP BY coat	dog_school
SELECT name FROM owner WHERE street = 'Mill Lane' AND age < 50	dog_school
SELECT count(*) FROM lesson WHERE trainer = 'Mrs Kim' AND score >= 85	dog_school
SELECT name FROM dog WHERE breed = 'beagle' OR breed = 'boxer'	dog_school
SELECT name FROM dog WHERE name LIKE '%Coco%'	dog_school
SELECT name FROM owner WHERE name LIKE 'E%'	dog_school
SELECT count(*) FROM lesson AS T1 JOIN dog AS T2 ON T1.dog_id = T2.dog_id JOIN owner AS T3 ON T2.owner_id = T3.owner_id WHERE T3.name = 'Felix Gray'	dog_school
SELECT name FROM dog WHERE dog_id NOT IN (SELECT dog_id FROM lesson WHERE skill = 'walking')	dog_school
SELECT name FROM dog EXCEPT SELECT T1.name FROM dog AS T1 JOIN lesson AS T2 ON T1.dog_id = T2.dog_id WHERE T2.score < 60	dog_school
SELECT skill FROM lesson WHERE score > 90 INTERSECT SELECT skill FROM lesson WHERE score < 60	dog_school
SELECT name FROM owner WHERE street = 'Hill Road' UNION SELECT name FROM owner WHERE age < 25	dog_school
SELECT street FROM owner EXCEPT SELECT street FROM owner WHERE age < 25	dog_school
SELECT T1.name FROM dog AS T1 JOIN owner AS T2 ON T1.owner_id = T2.owner_id WHERE T2.name = 'Carol Diaz' AND T1.weight < (SELECT avg(weight) FROM dog)	dog_school
SELECT T1.name FROM dog AS T1 JOIN lesson AS T2 ON T1.dog_id = T2.dog_id GROUP BY T1.dog_id ORDER BY avg(T2.score) DESC LIMIT 1	dog_school
SELECT count(*) FROM dog WHERE dog_id NOT IN (SELECT dog_id FROM lesson)	dog_school
SELECT T1.name FROM dog AS T1 JOIN lesson AS T2 ON T1.dog_id = T2.dog_id GROUP BY T1.dog_id ORDER BY count(*) DESC LIMIT 1	dog_school
SELECT T1.name, count(*) FROM dog AS T1 JOIN lesson AS T2 ON T1.dog_id = T2.dog_id GROUP BY T1.dog_id ORDER BY count(*) DESC LIMIT 1	dog_school
SELECT sum(passengers) FROM crossing	ferry_line
SELECT name FROM ferry WHERE launched BETWEEN 2000 AND 2015	ferry_line
SELECT island FROM harbor GROUP BY island HAVING count(*) = 2	ferry_line
SELECT name FROM ferry	ferry_line
SELECT count(*) FROM harbor	ferry_line
SELECT name FROM ferry WHERE builder = 'Delta Marine'	ferry_line
SELECT name FROM ferry WHERE seats < 310	ferry_line
SELECT count(*) FROM crossing WHERE weather = 'calm'	ferry_line
SELECT min(depth), max(depth) FROM harbor	ferry_line
SELECT count(*), avg(seats) FROM ferry WHERE builder = 'Delta Marine'	ferry_line
SELECT builder, count(*) FROM ferry GROUP BY builder HAVING count(*) > 2	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.name = 'Whitesand'	ferry_line
SELECT count(*) FROM crossing AS T1 JOIN ferry AS T2 ON T1.ferry_id = T2.ferry_id WHERE T2.name = 'Morning Star'	ferry_line
SELECT T1.name FROM harbor AS T1 JOIN ferry AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.name = 'Northern Light'	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.island = 'Mellin'	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.depth >= 11	ferry_line
SELECT count(*) FROM crossing AS T1 JOIN ferry AS T2 ON T1.ferry_id = T2.ferry_id WHERE T2.builder = 'Holm Brothers'	ferry_line
SELECT T1.name, T2.name FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id	ferry_line
SELECT T1.name, count(*) FROM harbor AS T1 JOIN ferry AS T2 ON T1.harbor_id = T2.harbor_id GROUP BY T1.harbor_id	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN crossing AS T2 ON T1.ferry_id = T2.ferry_id GROUP BY T1.ferry_id HAVING count(*) >= 2	ferry_line
SELECT weather FROM crossing GROUP BY weather ORDER BY count(*) DESC LIMIT 1	ferry_line
SELECT island FROM harbor GROUP BY island ORDER BY avg(depth) ASC LIMIT 1	ferry_line
SELECT name FROM ferry WHERE builder = 'Delta Marine' ORDER BY launched ASC LIMIT 1	ferry_line
SELECT T1.name FROM harbor AS T1 JOIN ferry AS T2 ON T1.harbor_id = T2.harbor_id ORDER BY T2.launched DESC LIMIT 1	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN crossing AS T2 ON T1.ferry_id = T2.ferry_id WHERE T2.weather = 'calm' GROUP BY T1.ferry_id HAVING count(*) > 1	ferry_line
SELECT count(*) FROM crossing AS T1 JOIN ferry AS T2 ON T1.ferry_id = T2.ferry_id JOIN harbor AS T3 ON T2.harbor_id = T3.harbor_id WHERE T3.name = 'Port Ellis'	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.name = 'North Quay' ORDER BY T1.launched ASC LIMIT 1	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.island = 'Orsa' ORDER BY T1.launched ASC LIMIT 1	ferry_line
SELECT T1.name FROM harbor AS T1 JOIN ferry AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.builder = 'Holm Brothers' INTERSECT SELECT T1.name FROM harbor AS T1 JOIN ferry AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.builder = 'Delta Marine'	ferry_line
SELECT name FROM harbor WHERE island = 'Orsa' AND depth < (SELECT avg(depth) FROM harbor)	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.name = 'North Quay' AND T1.seats < (SELECT avg(seats) FROM ferry)	ferry_line
SELECT count(*) FROM meadow WHERE hectares >= 17	honey_farm
SELECT avg(hectares) FROM meadow	honey_farm
SELECT min(hectares) FROM meadow	honey_farm
SELECT sum(hectares) FROM meadow	honey_farm
SELECT DISTINCT village FROM beekeeper	honey_farm
SELECT count(DISTINCT breed) FROM hive	honey_farm
SELECT name FROM meadow ORDER BY hectares DESC	honey_farm
SELECT name FROM meadow ORDER BY name ASC	honey_farm
SELECT T1.name, avg(T2.stings) FROM meadow AS T1 JOIN beekeeper AS T2 ON T1.meadow_id = T2.meadow_id GROUP BY T1.meadow_id	honey_farm
SELECT avg(T1.harvest) FROM hive AS T1 JOIN meadow AS T2 ON T1.meadow_id = T2.meadow_id WHERE T2.name = 'Heather Moor'	honey_farm
SELECT DISTINCT T1.name FROM meadow AS T1 JOIN beekeeper AS T2 ON T1.meadow_id = T2.meadow_id WHERE T2.village = 'Eastleigh'	honey_farm
SELECT full_name, stings FROM beekeeper	honey_farm
SELECT name, facing, hectares FROM meadow	honey_farm
SELECT name, hectares FROM meadow WHERE facing = 'north'	honey_farm
SELECT full_name FROM beekeeper ORDER BY stings ASC LIMIT 1	honey_farm
SELECT breed FROM hive ORDER BY harvest DESC LIMIT 1	honey_farm
SELECT name FROM meadow ORDER BY hectares ASC LIMIT 2	honey_farm
SELECT facing, count(*) FROM meadow GROUP BY facing	honey_farm
SELECT village, avg(stings) FROM beekeeper GROUP BY village	honey_farm
SELECT facing, max(hectares) FROM meadow GROUP BY facing	honey_farm
SELECT name FROM meadow WHERE hectares > (SELECT avg(hectares) FROM meadow)	honey_farm
SELECT count(*) FROM meadow WHERE hectares < (SELECT avg(hectares) FROM meadow)	honey_farm
SELECT name FROM meadow WHERE meadow_id NOT IN (SELECT meadow_id FROM hive)	honey_farm
SELECT name FROM meadow WHERE meadow_id NOT IN (SELECT meadow_id FROM beekeeper WHERE village = 'Upper Wick')	honey_farm
SELECT name FROM meadow EXCEPT SELECT T1.name FROM meadow AS T1 JOIN beekeeper AS T2 ON T1.meadow_id = T2.meadow_id WHERE T2.stings >= 14	honey_farm
SELECT village FROM beekeeper WHERE stings > 14 INTERSECT SELECT village FROM beekeeper WHERE stings < 9	honey_farm
SELECT T1.name FROM meadow AS T1 JOIN beekeeper AS T2 ON T1.meadow_id = T2.meadow_id GROUP BY T1.meadow_id ORDER BY avg(T2.stings) ASC LIMIT 1	honey_farm
SELECT count(*) FROM meadow WHERE meadow_id NOT IN (SELECT meadow_id FROM hive)	honey_farm
SELECT T1.name FROM meadow AS T1 JOIN hive AS T2 ON T1.meadow_id = T2.meadow_id GROUP BY T1.meadow_id ORDER BY count(*) DESC LIMIT 1	honey_farm
SELECT T1.name, count(*) FROM meadow AS T1 JOIN beekeeper AS T2 ON T1.meadow_id = T2.meadow_id GROUP BY T1.meadow_id ORDER BY count(*) DESC LIMIT 1	honey_farm
SELECT T1.full_name FROM beekeeper AS T1 JOIN meadow AS T2 ON T1.meadow_id = T2.meadow_id WHERE T2.name = 'Heather Moor' ORDER BY T1.stings ASC LIMIT 1	honey_farm
SELECT age FROM pupil WHERE name = 'Jade Morris'	language_school
SELECT hometown FROM pupil WHERE name = 'Flora Nagy'	language_school
SELECT name FROM pupil WHERE age BETWEEN 20 AND 45	language_school
SELECT hometown FROM pupil GROUP BY hometown HAVING count(*) > 2	language_school
SELECT name FROM pupil	language_school
SELECT count(*) FROM course	language_school
SELECT name FROM pupil WHERE hometown = 'Lyon'	language_school
SELECT name FROM pupil WHERE age > 35	language_school
SELECT name FROM pupil WHERE hometown = 'Turin' AND age < 25	language_school
SELECT count(*) FROM pupil WHERE hometown = 'Cardiff' AND age > 35	language_school
SELECT title FROM course WHERE level = 'beginner' OR level = 'intermediate'	language_school
SELECT title FROM course WHERE title LIKE '%Letters%'	language_school
SELECT name FROM pupil WHERE name LIKE 'C%'	language_school
SELECT min(age), max(age) FROM pupil	language_school
SELECT count(*), avg(fee) FROM course WHERE level = 'advanced'	language_school
SELECT hometown, count(*) FROM pupil GROUP BY hometown HAVING count(*) > 2	language_school
SELECT count(*) FROM enrollment AS T1 JOIN pupil AS T2 ON T1.pupil_id = T2.pupil_id WHERE T2.name = 'Ivan Petrov'	language_school
SELECT count(*) FROM enrollment AS T1 JOIN course AS T2 ON T1.course_id = T2.course_id WHERE T2.level = 'intermediate'	language_school
SELECT T1.title, count(*) FROM course AS T1 JOIN enrollment AS T2 ON T1.course_id = T2.course_id GROUP BY T1.course_id	language_school
SELECT T1.title FROM course AS T1 JOIN enrollment AS T2 ON T1.course_id = T2.course_id GROUP BY T1.course_id HAVING count(*) = 2	language_school
SELECT DISTINCT T1.name FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id JOIN course AS T3 ON T2.course_id = T3.course_id WHERE T3.title = 'Kanji Workshop'	language_school
SELECT title FROM course WHERE level = 'beginner' UNION SELECT title FROM course WHERE weeks >= 12	language_school
SELECT hometown FROM pupil EXCEPT SELECT hometown FROM pupil WHERE age > 40	language_school
SELECT language FROM course GROUP BY language ORDER BY count(*) DESC LIMIT 1	language_school
SELECT hometown FROM pupil GROUP BY hometown ORDER BY avg(age) ASC LIMIT 1	language_school
SELECT name FROM pupil WHERE hometown = 'Turin' ORDER BY age ASC LIMIT 1	language_school
SELECT T1.title FROM course AS T1 JOIN enrollment AS T2 ON T1.course_id = T2.course_id WHERE T2.term = 'spring' INTERSECT SELECT T1.title FROM course AS T1 JOIN enrollment AS T2 ON T1.course_id = T2.course_id WHERE T2.term = 'summer'	language_school
SELECT title FROM course WHERE language = 'German' AND weeks > (SELECT avg(weeks) FROM course)	language_school
SELECT T1.title FROM course AS T1 JOIN enrollment AS T2 ON T1.course_id = T2.course_id GROUP BY T1.course_id ORDER BY avg(T2.grade) DESC LIMIT 1	language_school
SELECT count(*) FROM pupil WHERE pupil_id NOT IN (SELECT pupil_id FROM enrollment)	language_school
SELECT T1.title FROM course AS T1 JOIN enrollment AS T2 ON T1.course_id = T2.course_id GROUP BY T1.course_id ORDER BY count(*) DESC LIMIT 1	language_school
SELECT count(*) FROM hut WHERE valley = 'Lauter Valley'	mountain_huts
SELECT count(*) FROM trail WHERE length_km > 6	mountain_huts
SELECT avg(age) FROM warden	mountain_huts
SELECT max(beds) FROM hut	mountain_huts
SELECT sum(length_km) FROM trail	mountain_huts
SELECT DISTINCT difficulty FROM trail	mountain_huts
SELECT count(DISTINCT difficulty) FROM trail	mountain_huts
SELECT name FROM warden ORDER BY salary ASC	mountain_huts
SELECT T1.name FROM warden AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.name = 'Lake Hut'	mountain_huts
SELECT T1.name FROM hut AS T1 JOIN warden AS T2 ON T1.hut_id = T2.hut_id WHERE T2.name = 'Emil Suter'	mountain_huts
SELECT T1.trail_name FROM trail AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.valley = 'Lauter Valley'	mountain_huts
SELECT T1.trail_name FROM trail AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.altitude < 1800	mountain_huts
SELECT T1.name, T2.name FROM warden AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id	mountain_huts
SELECT T1.name, avg(T2.salary) FROM hut AS T1 JOIN warden AS T2 ON T1.hut_id = T2.hut_id GROUP BY T1.hut_id	mountain_huts
SELECT avg(T1.length_km) FROM trail AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.name = 'Pine Lodge'	mountain_huts
SELECT DISTINCT T1.name FROM hut AS T1 JOIN trail AS T2 ON T1.hut_id = T2.hut_id WHERE T2.difficulty = 'moderate'	mountain_huts
SELECT name, altitude FROM hut	mountain_huts
SELECT name, valley, altitude FROM hut	mountain_huts
SELECT name, beds FROM hut WHERE valley = 'Roth Valley'	mountain_huts
SELECT trail_name FROM trail ORDER BY length_km ASC LIMIT 1	mountain_huts
SELECT T1.name FROM hut AS T1 JOIN warden AS T2 ON T1.hut_id = T2.hut_id ORDER BY T2.salary DESC LIMIT 1	mountain_huts
SELECT T1.name FROM hut AS T1 JOIN trail AS T2 ON T1.hut_id = T2.hut_id WHERE T2.difficulty = 'moderate' GROUP BY T1.hut_id HAVING count(*) = 1	mountain_huts
SELECT name FROM warden WHERE age < (SELECT avg(age) FROM warden)	mountain_huts
SELECT count(*) FROM warden WHERE age < (SELECT avg(age) FROM warden)	mountain_huts
SELECT name FROM hut WHERE hut_id NOT IN (SELECT hut_id FROM warden)	mountain_huts
SELECT name FROM hut WHERE hut_id NOT IN (SELECT hut_id FROM trail WHERE difficulty = 'moderate')	mountain_huts
SELECT T1.name FROM warden AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.valley = 'Roth Valley' ORDER BY T1.age ASC LIMIT 1	mountain_huts
SELECT T1.name FROM warden AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.name = 'Eagle Hut' AND T1.age < (SELECT avg(age) FROM warden)	mountain_huts
SELECT T1.name, count(*) FROM hut AS T1 JOIN trail AS T2 ON T1.hut_id = T2.hut_id GROUP BY T1.hut_id ORDER BY count(*) DESC LIMIT 1	mountain_huts
SELECT T1.trail_name FROM trail AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.name = 'Lake Hut' ORDER BY T1.length_km DESC LIMIT 1	mountain_huts
SELECT T1.name FROM hut AS T1 JOIN warden AS T2 ON T1.hut_id = T2.hut_id WHERE T2.training = 'climber' INTERSECT SELECT T1.name FROM hut AS T1 JOIN warden AS T2 ON T1.hut_id = T2.hut_id WHERE T2.training = 'cook'	mountain_huts
SELECT full_name FROM helper ORDER BY full_name ASC	night_market
SELECT wage FROM helper WHERE full_name = 'Arjun Nair'	night_market
SELECT row_letter FROM stall WHERE sign = 'Taco Moon'	night_market
SELECT name FROM snack WHERE price BETWEEN 3 AND 7	night_market
SELECT cuisine FROM stall GROUP BY cuisine HAVING count(*) >= 3	night_market
SELECT name FROM snack	night_market
SELECT count(*) FROM snack	night_market
SELECT sign FROM stall WHERE cuisine = 'Indian'	night_market
SELECT task FROM helper ORDER BY wage DESC LIMIT 1	night_market
SELECT full_name FROM helper ORDER BY wage ASC LIMIT 2	night_market
SELECT cuisine, count(*) FROM stall GROUP BY cuisine	night_market
SELECT cuisine, avg(rent) FROM stall GROUP BY cuisine	night_market
SELECT row_letter, min(rent) FROM stall GROUP BY row_letter	night_market
SELECT name FROM snack WHERE flavor = 'sweet' AND calories >= 380	night_market
SELECT count(*) FROM snack WHERE flavor = 'spicy' AND price < 7	night_market
SELECT sign FROM stall WHERE row_letter = 'C' OR row_letter = 'A'	night_market
SELECT sign FROM stall WHERE sign LIKE '%Spice%'	night_market
SELECT sign FROM stall WHERE sign LIKE 'B%'	night_market
SELECT min(wage), max(wage) FROM helper	night_market
SELECT count(*), avg(wage) FROM helper WHERE task = 'cleaning'	night_market
SELECT sign FROM stall EXCEPT SELECT T1.sign FROM stall AS T1 JOIN helper AS T2 ON T1.stall_id = T2.stall_id WHERE T2.wage < 17	night_market
SELECT cuisine FROM stall WHERE rent > 320 INTERSECT SELECT cuisine FROM stall WHERE rent < 260	night_market
SELECT name FROM snack WHERE flavor = 'sweet' UNION SELECT name FROM snack WHERE calories > 450	night_market
SELECT flavor FROM snack EXCEPT SELECT flavor FROM snack WHERE calories >= 450	night_market
SELECT flavor FROM snack GROUP BY flavor ORDER BY count(*) DESC LIMIT 1	night_market
SELECT task FROM helper GROUP BY task ORDER BY avg(wage) DESC LIMIT 1	night_market
SELECT T1.full_name FROM helper AS T1 JOIN stall AS T2 ON T1.stall_id = T2.stall_id WHERE T2.row_letter = 'B' ORDER BY T1.wage DESC LIMIT 1	night_market
SELECT full_name FROM helper WHERE task = 'serving' AND wage > (SELECT avg(wage) FROM helper)	night_market
SELECT T1.name FROM snack AS T1 JOIN stall AS T2 ON T1.stall_id = T2.stall_id WHERE T2.sign = 'Taco Moon' AND T1.calories > (SELECT avg(calories) FROM snack)	night_market
SELECT T1.sign FROM stall AS T1 JOIN helper AS T2 ON T1.stall_id = T2.stall_id GROUP BY T1.stall_id ORDER BY avg(T2.wage) ASC LIMIT 1	night_market
SELECT count(*) FROM stall WHERE stall_id NOT IN (SELECT stall_id FROM snack)	night_market
SELECT headline FROM episode WHERE plays >= 34000	podcast_network
SELECT count(*) FROM podcast WHERE topic = 'sports'	podcast_network
SELECT count(*) FROM episode WHERE minutes < 30	podcast_network
SELECT avg(minutes) FROM episode	podcast_network
SELECT max(subscribers) FROM podcast	podcast_network
SELECT sum(minutes) FROM episode	podcast_network
SELECT DISTINCT country FROM host	podcast_network
SELECT count(DISTINCT topic) FROM podcast	podcast_network
SELECT season, count(*) FROM episode GROUP BY season HAVING count(*) > 2	podcast_network
SELECT T1.name FROM host AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.title = 'Lost Cities'	podcast_network
SELECT count(*) FROM episode AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.title = 'Deep Water'	podcast_network
SELECT T1.title FROM podcast AS T1 JOIN host AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.name = 'Moira Grant'	podcast_network
SELECT T1.headline FROM episode AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.topic = 'history'	podcast_network
SELECT T1.name FROM host AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.started < 2020	podcast_network
SELECT count(*) FROM episode AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.topic = 'sports'	podcast_network
SELECT T1.name, T2.title FROM host AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id	podcast_network
SELECT T1.title, count(*) FROM podcast AS T1 JOIN episode AS T2 ON T1.podcast_id = T2.podcast_id GROUP BY T1.podcast_id	podcast_network
SELECT T1.title FROM podcast AS T1 JOIN host AS T2 ON T1.podcast_id = T2.podcast_id GROUP BY T1.podcast_id HAVING count(*) > 1	podcast_network
SELECT T1.title, avg(T2.minutes) FROM podcast AS T1 JOIN episode AS T2 ON T1.podcast_id = T2.podcast_id GROUP BY T1.podcast_id	podcast_network
SELECT avg(T1.plays) FROM episode AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.title = 'Kitchen Table'	podcast_network
SELECT title FROM podcast WHERE topic = 'science' ORDER BY subscribers ASC LIMIT 1	podcast_network
SELECT T1.title FROM podcast AS T1 JOIN episode AS T2 ON T1.podcast_id = T2.podcast_id ORDER BY T2.minutes DESC LIMIT 1	podcast_network
SELECT headline FROM episode WHERE plays < (SELECT avg(plays) FROM episode)	podcast_network
SELECT count(*) FROM episode WHERE minutes < (SELECT avg(minutes) FROM episode)	podcast_network
SELECT title FROM podcast WHERE podcast_id NOT IN (SELECT podcast_id FROM episode)	podcast_network
SELECT title FROM podcast WHERE podcast_id NOT IN (SELECT podcast_id FROM host WHERE country = 'Canada')	podcast_network
SELECT T1.title FROM podcast AS T1 JOIN episode AS T2 ON T1.podcast_id = T2.podcast_id GROUP BY T1.podcast_id ORDER BY count(*) DESC LIMIT 1	podcast_network
SELECT T1.title, count(*) FROM podcast AS T1 JOIN episode AS T2 ON T1.podcast_id = T2.podcast_id GROUP BY T1.podcast_id ORDER BY count(*) DESC LIMIT 1	podcast_network
SELECT T1.headline FROM episode AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.title = 'Second Half' ORDER BY T1.minutes ASC LIMIT 1	podcast_network
SELECT T1.name FROM host AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.topic = 'science' ORDER BY T1.age DESC LIMIT 1	podcast_network
SELECT T1.title FROM podcast AS T1 JOIN episode AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.season = 'third' INTERSECT SELECT T1.title FROM podcast AS T1 JOIN episode AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.season = 'first'	podcast_network
SELECT team_name FROM team ORDER BY budget ASC	robot_league
SELECT team_name FROM team ORDER BY team_name ASC	robot_league
SELECT budget FROM team WHERE team_name = 'Tin Giants'	robot_league
SELECT university FROM team WHERE team_name = 'Nano Knights'	robot_league
SELECT name FROM robot WHERE mass BETWEEN 8 AND 17	robot_league
SELECT university FROM team GROUP BY university HAVING count(*) = 2	robot_league
SELECT team_name FROM team	robot_league
SELECT count(*) FROM duel	robot_league
SELECT DISTINCT T1.team_name FROM team AS T1 JOIN robot AS T2 ON T1.team_id = T2.team_id WHERE T2.sensor = 'sonar'	robot_league
SELECT name, wins FROM robot	robot_league
SELECT team_name, university, budget FROM team	robot_league
SELECT team_name, budget FROM team WHERE university = 'Porto'	robot_league
SELECT name FROM robot ORDER BY mass DESC LIMIT 1	robot_league
SELECT university FROM team ORDER BY budget DESC LIMIT 1	robot_league
SELECT name FROM robot ORDER BY mass DESC LIMIT 2	robot_league
SELECT sensor, count(*) FROM robot GROUP BY sensor	robot_league
SELECT sensor, avg(mass) FROM robot GROUP BY sensor	robot_league
SELECT arena, min(seconds) FROM duel GROUP BY arena	robot_league
SELECT team_name FROM team WHERE university = 'Delft' AND budget >= 18000	robot_league
SELECT count(*) FROM duel WHERE arena = 'ice' AND seconds >= 110	robot_league
SELECT count(*) FROM duel AS T1 JOIN robot AS T2 ON T1.robot_id = T2.robot_id JOIN team AS T3 ON T2.team_id = T3.team_id WHERE T3.team_name = 'Bolt Brigade'	robot_league
SELECT T1.name FROM robot AS T1 JOIN duel AS T2 ON T1.robot_id = T2.robot_id WHERE T2.arena = 'ice' GROUP BY T1.robot_id HAVING count(*) = 1	robot_league
SELECT team_name FROM team EXCEPT SELECT T1.team_name FROM team AS T1 JOIN robot AS T2 ON T1.team_id = T2.team_id WHERE T2.wins < 4	robot_league
SELECT arena FROM duel WHERE seconds > 95 INTERSECT SELECT arena FROM duel WHERE seconds < 60	robot_league
SELECT team_name FROM team WHERE university = 'Leeds' UNION SELECT team_name FROM team WHERE budget >= 26000	robot_league
SELECT university FROM team EXCEPT SELECT university FROM team WHERE budget < 9400	robot_league
SELECT name FROM robot WHERE sensor = 'sonar' AND wins > (SELECT avg(wins) FROM robot)	robot_league
SELECT T1.name FROM robot AS T1 JOIN team AS T2 ON T1.team_id = T2.team_id WHERE T2.team_name = 'Steel Foxes' AND T1.wins > (SELECT avg(wins) FROM robot)	robot_league
SELECT T1.name FROM robot AS T1 JOIN duel AS T2 ON T1.robot_id = T2.robot_id GROUP BY T1.robot_id ORDER BY avg(T2.seconds) ASC LIMIT 1	robot_league
SELECT count(*) FROM robot WHERE robot_id NOT IN (SELECT robot_id FROM duel)	robot_league
SELECT T1.team_name FROM team AS T1 JOIN robot AS T2 ON T1.team_id = T2.team_id GROUP BY T1.team_id ORDER BY count(*) DESC LIMIT 1	robot_league
